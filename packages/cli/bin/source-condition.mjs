/** Resolves our packages to their sources, as `node --conditions=@shared-ledger/source` does. */
export function resolve(specifier, context, next) {
  return next(specifier, { ...context, conditions: [...context.conditions, '@shared-ledger/source'] })
}
