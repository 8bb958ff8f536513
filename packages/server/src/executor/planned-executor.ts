import {
  defaultFieldResolver,
  defaultTypeResolver,
  type ExecutionArgs,
  getFragmentsFromDocument,
} from '@graphql-tools/executor'
import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Execution } from './execution.ts'
import { type Budget, planOperation, type SelectionPlan } from './plan.ts'
import { runPlan } from './run-plan.ts'
import { compileVariables, type ReadVariables, refused } from './variables.ts'

/** Runs an operation by its plan; undefined, before any resolver has run, where it has none. */
export type PlannedExecutor = (args: ExecutionArgs) => ExecutionResult | Promise<ExecutionResult> | undefined

interface Planned {
  readonly fragments: Record<string, FragmentDefinitionNode>
  /** That of the document, for all of its operations. */
  readonly budget: Budget
  readonly readVariables: ReadVariables
  /** The variables that @skip and @include look at. */
  readonly conditions: readonly string[]
  /** The plan for each combination of their values that was met; undefined where there can be none. */
  readonly plans: Map<string, SelectionPlan | undefined>
}

/** The most fields that are planned for a document. */
const maxFields = 2000
/** And at most one for so many characters of it: fragments within unions multiply what a short text asks for. */
const charactersPerField = 2

/** More combinations of conditions than a client of ours uses. */
const maxPlans = 16

/**
 * An executor that answers as that of @graphql-tools/executor does, for documents that come more than once:
 * what that one finds out about a document for every request is planned when it comes the second time.
 * Plans are data, not code: nothing that a client wrote is ever compiled to JavaScript. They live as long as
 * their document.
 */
export function createPlannedExecutor(): PlannedExecutor {
  const seen = new WeakSet<OperationDefinitionNode>()
  const planned = new WeakMap<OperationDefinitionNode, Planned | 'unplannable'>()
  const budgets = new WeakMap<DocumentNode, Budget>()
  const budgetOf = (document: DocumentNode): Budget => {
    const length = document.loc?.source.body.length ?? 0
    const budget = budgets.get(document) ?? {
      left: Math.min(maxFields, Math.ceil(length / charactersPerField)),
    }
    budgets.set(document, budget)
    return budget
  }

  return (args) => {
    if (args.signal || args.fieldResolver || args.typeResolver) return undefined
    const operation = getOperationAST(args.document, args.operationName)
    if (!operation || operation.operation === 'subscription') return undefined
    let known = planned.get(operation)
    if (!known) {
      if (!seen.has(operation)) {
        seen.add(operation)
        return undefined
      }
      known = prepare(args, operation, budgetOf(args.document))
      planned.set(operation, known)
    }
    return known === 'unplannable' ? undefined : run(known, args, operation)
  }
}

function prepare(
  { schema, document }: ExecutionArgs,
  operation: OperationDefinitionNode,
  budget: Budget,
): Planned | 'unplannable' {
  try {
    const readVariables = compileVariables(schema, operation)
    return {
      fragments: getFragmentsFromDocument(document),
      budget,
      readVariables,
      conditions: conditionsOf(document),
      plans: new Map(),
    }
  } catch {
    return 'unplannable'
  }
}

function run(planned: Planned, args: ExecutionArgs, operation: OperationDefinitionNode) {
  const coerced = planned.readVariables(args.variableValues ?? {})
  if (coerced === refused) return undefined
  const execution: Execution = {
    schema: args.schema,
    fragments: planned.fragments,
    rootValue: args.rootValue,
    contextValue: args.contextValue,
    operation,
    variableValues: { coerced, sources: {} },
    fieldResolver: defaultFieldResolver,
    typeResolver: defaultTypeResolver,
    subscribeFieldResolver: defaultFieldResolver,
    subsequentPayloads: noPayloads,
    errors: [],
  }
  const plan = planFor(planned, execution)
  return plan && runPlan(execution, plan)
}

const noPayloads: Execution['subsequentPayloads'] = new Set()

function planFor({ conditions, plans, budget }: Planned, execution: Execution): SelectionPlan | undefined {
  const { coerced } = execution.variableValues
  const key = conditions.length === 0 ? '' : conditions.map((name) => `${coerced[name]}`).join()
  if (!plans.has(key) && plans.size < maxPlans) plans.set(key, tryToPlan(execution, budget))
  return plans.get(key)
}

function tryToPlan(execution: Execution, budget: Budget): SelectionPlan | undefined {
  try {
    return planOperation(execution, budget)
  } catch {
    return undefined
  }
}

function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'skip' && name.value !== 'include') return
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}
