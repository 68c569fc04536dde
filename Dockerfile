FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts, so that the development dependency `node` does not fetch a second Node.
RUN npm ci --ignore-scripts
COPY tsconfig.json ./
COPY src src
COPY tools tools
COPY docs/fidelity.md docs/
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Of typebox only declarations are needed, and of node-addon-api nothing but for a compiler; the rest is in the bundle of
# tools/build.ts. The last line fails the build where better-sqlite3 has no binary for this platform.
RUN npm ci --ignore-scripts --omit=dev \
 && rm -r node_modules/typebox node_modules/node-addon-api \
 && cd node_modules/better-sqlite3 \
 && rm -r deps src \
 && find prebuilds -type f ! -name "linux-$(node -p process.arch).node" -delete \
 && node -e "new (require('better-sqlite3'))(':memory:')"

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="fake-topcalls" \
      org.opencontainers.image.description="An emulator of the TopCalls HTTP API for laptops, CI and contract tests" \
      org.opencontainers.image.licenses="Apache-2.0"
# Anybody may write to /data, so that `--user` works with any uid.
RUN rm -rf /opt/yarn* /usr/local/lib/node_modules \
      /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
 && mkdir -m 1777 /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
# Readable for any uid, whatever the umask of the checkout was.
COPY --chmod=755 package.json ./
COPY --chmod=755 migrations migrations
COPY --chmod=755 contract contract
COPY --from=build /app/dist dist
# A first start leaves V8's code behind, which takes 30 % off all later ones; with the flags that they have. The page is asked
# for since it has files of its own.
RUN node --max-semi-space-size=4 dist/main.js exec -- node --input-type=module -e ' \
      const { TOPCALLS_BASE_URL: url, TOPCALLS_API_KEY: key } = process.env; \
      const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }; \
      const body = JSON.stringify({ carrier_name: "first", sip_gateway: { ipv4: "203.0.113.10" } }); \
      const created = await fetch(`${url}/v1/phone-numbers/carriers`, { method: "POST", headers, body }); \
      const page = await fetch(`${url}/_topcalls/docs`); \
      process.exit(created.status === 201 && page.ok ? 0 : 1)' \
 && chmod -R a+rX .compile-cache
# SQLite spills to a temporary file at times, and with a read-only root only /data takes one.
ENV NODE_ENV=production \
    TOPCALLS_HOST=0.0.0.0 \
    TOPCALLS_DATABASE=/data/fake-topcalls.db \
    SQLITE_TMPDIR=/data
EXPOSE 8672
VOLUME /data
USER node
# Without --start-interval, which older builders reject (buildah 1.28 does), and so without --start-period, which would
# then put the first check off to 5 s; --retries gives the start its time instead.
HEALTHCHECK --interval=2s --timeout=5s --retries=15 CMD ["node", "--max-semi-space-size=4", "/app/dist/main.js", "healthcheck"]
# The flag halves the memory that short-lived objects take.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/dist/main.js"]
