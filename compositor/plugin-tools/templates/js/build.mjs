// Makes a component of one JavaScript file: node build.mjs SOURCE OUTPUT WIT-FOLDER TOOL-FOLDER EXPORT…
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const [source, output, witPath, tool, ...wanted] = process.argv.slice(2);
const jsSource = await readFile(source, 'utf8');

// QuickJS would make a stub of an export that is missing, and the plugin would fail in the show.
const camel = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
for (const name of wanted) {
  const exported = new RegExp(`export\\s+(const|let|var|class|function)\\s+${camel(name)}\\b|export\\s*{[^}]*\\b${camel(name)}\\b`);
  if (!exported.test(jsSource)) {
    console.error(`${source} does not export \`${camel(name)}\`, which plugin.toml names as "${name}"; add: export const ${camel(name)} = { … };`);
    process.exit(1);
  }
}

const require = createRequire(path.join(tool, 'package.json'));
const { componentize } = await import(pathToFileURL(require.resolve('componentize-qjs')).href);
const made = await componentize({ witPath, jsSource, jsPath: source, world: 'author', sync: true, stubWasi: false });
await writeFile(output, made.component ?? made);
