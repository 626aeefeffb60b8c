# The gateway without its embedded PostgreSQL: in production DATABASE_URL names one.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# With the optional packages: the compiler of the console is one of them, for each platform another.
RUN npm install --ignore-scripts --no-audit --no-fund
COPY nest-cli.json tsconfig.json tsconfig.build.json ./
COPY migrations migrations
COPY bench bench
COPY src src
COPY console console
COPY client client
COPY scripts/build-console.mjs scripts/open-api-plugin.mjs scripts/
RUN npm run build && npm run build:console && npm prune --omit=dev --omit=optional --ignore-scripts \
  && npm run --silent sbom > sbom.cdx.json

FROM node:24-bookworm-slim
# docker build --build-arg VERSION=$(node -p "require('./package.json').version") --build-arg REVISION=$(git rev-parse HEAD) .
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="iot-broker" \
  org.opencontainers.image.description="Gateway between Teltonika TFT100 (and similar) trackers and a host application" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production LOG_FORMAT=json
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.cdx.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER node
EXPOSE 9000 8091
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.API_PORT || 8091) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# node itself, not npm: signals have to reach the gateway, which drains before it ends.
CMD ["node", "--max-semi-space-size=8", "dist/src/main.js"]
