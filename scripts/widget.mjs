// Bundles the chat widget with esbuild into static/widget/dist, and fails when it is larger than a site should have to load.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const HERE = join(dirname(fileURLToPath(import.meta.url)), "..", "static", "widget");
const OUT = join(HERE, "dist");
const TARGET = ["chrome100", "firefox100", "safari15.4"];
const KIB = 1024;
const BUDGET = { loader: 6 * KIB, app: 30 * KIB, locale: 4 * KIB };

// Of three transports we use two, and messages of ours carry no binary parts; what nobody calls nobody should load.
const slim = {
  name: "slim",
  setup(on) {
    on.onLoad({ filter: /engine\.io-client\/build\/esm\/transports\/index\.js$/ }, () => ({
      contents: 'import { XHR } from "./polling-xhr.js"; import { WS } from "./websocket.js"; export const transports = { websocket: WS, polling: XHR };',
    }));
    on.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      contents: (await transform(readFileSync(path, "utf8"), { loader: "css", minify: true, target: "esnext" })).code.trim(),
      loader: "text",
    }));
    on.onLoad({ filter: /locales\/en\.json$/ }, ({ path }) => ({ contents: readFileSync(path, "utf8"), loader: "json" }));
  },
};

const bundle = async (entry, format, define) => {
  const result = await build({
    entryPoints: [join(HERE, "src", entry)], bundle: true, minify: true, write: false, format, target: TARGET,
    charset: "utf8", legalComments: "none", plugins: [slim], define, logLevel: "warning",
  });
  return result.outputFiles[0].contents;
};

const packed = (content) => gzipSync(content, { level: constants.Z_BEST_COMPRESSION });
const digest = (content) => createHash("sha256").update(content).digest("hex").slice(0, 12);

const over = [];
const write = (name, content, limit) => {
  const small = packed(content);
  writeFileSync(join(OUT, name), content);
  writeFileSync(join(OUT, `${name}.gz`), small);
  console.log(`  ${name.padEnd(22)} ${content.length.toLocaleString("en").padStart(7)} bytes, ${small.length.toLocaleString("en").padStart(6)} packed, of ${limit.toLocaleString("en")}`);
  if (small.length > limit) over.push(`${name} has ${small.length} bytes packed, and may have ${limit}`);
};

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const languages = {};
for (const file of readdirSync(join(HERE, "locales")).sort()) {
  if (file === "en.json") continue; // English is in the bundle
  const content = Buffer.from(JSON.stringify(JSON.parse(readFileSync(join(HERE, "locales", file), "utf8"))));
  const language = file.replace(".json", "");
  languages[language] = `${language}-${digest(content)}.json`;
  write(languages[language], content, BUDGET.locale);
}
const app = await bundle("app.js", "esm", {});
const name = `app-${digest(app)}.js`;
write(name, app, BUDGET.app);
write("widget.js", await bundle("loader.js", "iife", { APP: JSON.stringify(name), LANGUAGES: JSON.stringify(languages) }), BUDGET.loader);

if (over.length) {
  console.error(over.join("\n"));
  process.exit(1);
}
