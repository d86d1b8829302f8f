// Makes a component of one JavaScript file: node build.mjs WIT-FOLDER SOURCE OUTPUT
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const [witPath, source, output] = process.argv.slice(2);
const require = createRequire(path.join(process.cwd(), 'package.json'));
const { componentize } = await import(pathToFileURL(require.resolve('componentize-qjs')).href);
const made = await componentize({
  witPath, jsSource: await readFile(source, 'utf8'), jsPath: path.resolve(source), world: 'author', sync: true, stubWasi: false,
});
await writeFile(output, made.component ?? made);
