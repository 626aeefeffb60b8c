/**
 * Makes src/protocol/io-dictionary.generated.ts from scripts/avl-ids.json: `npm run dictionary`.
 * With --stdout it prints the file instead; a spec holds that equal to the file that is checked in.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE = new URL('./avl-ids.json', import.meta.url);
const TARGET = new URL('../src/protocol/io-dictionary.generated.ts', import.meta.url);

/** Where the tables are known to be wrong, by id, with the reason. */
const CORRECTIONS = {
  // The tables say hex; the wiki's page "ISO6709" prints a received element, and it is text: +547010.2667+0252596.7000+000.136/
  387: { type: 'ascii' },
};

const text = render(JSON.parse(readFileSync(SOURCE, 'utf8')));
if (process.argv.includes('--stdout')) {
  process.stdout.write(text);
} else {
  writeFileSync(TARGET, text);
}

/** One line per id, so that a change of the tables reads as a change of that line. */
function render(elements) {
  // The tables give a few ids twice; the first is kept.
  const known = elements.filter((element, index) => elements.findIndex(({ id }) => id === element.id) === index);
  const rows = known.sort((one, other) => one.id - other.id).map((element) => `  ${row(element)},\n`);
  return [
    '// Made by scripts/generate-io-dictionary.mjs from scripts/avl-ids.json. Edit those, then: npm run dictionary\n',
    "import type { IoElementDefinition } from './io-element-definition.js';\n\n",
    '/** Ordered by id. */\n',
    'export const IO_ELEMENTS: readonly IoElementDefinition[] = [\n',
    ...rows,
    '];\n',
  ].join('');
}

/** Every row has every key, in this order: one hidden class for all. */
function row(tableRow) {
  const element = { ...tableRow, ...CORRECTIONS[tableRow.id] };
  const definition = {
    id: element.id,
    name: element.name,
    width: element.bytes,
    variable: element.variable,
    type: element.type,
    multiplier: element.multiplier,
    unit: element.unit,
    values: element.values ?? null,
    group: element.group || null,
    tft100: element.tft100,
    differsBetweenFamilies: element.differsBetweenFamilies ?? false,
  };
  const fields = Object.entries(definition).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${fields.join(', ')} }`;
}
