# One image for all apps; a container serves the app that is its command:
#   docker build --tag shared-ledger .
#   docker run --env DATABASE_URL=postgresql://… --env LEDGER_AUTH=keys --publish 4001:4000 shared-ledger content
# docker-compose.yml has the apps with their PostgreSQL.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc tsconfig.json prisma.config.ts ./
COPY prisma prisma
COPY packages packages
COPY apps apps
# Its last steps, `prepare` and `postprepare`, generate the Prisma clients and build the console, with tools that the image does
# without.
RUN npm ci && npm prune --omit=dev --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000 DRAIN_SECONDS=15
WORKDIR /app
COPY --from=build /app /app
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "--eval", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "packages/cli/bin/shared-ledger.mjs", "start"]
CMD ["content"]
