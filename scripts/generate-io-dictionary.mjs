/**
 * Makes src/protocol/io-dictionary.generated.ts from scripts/avl-ids.json: `npm run dictionary`.
 * With --stdout it prints the file instead; a spec holds that equal to the file that is checked in.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE = new URL('./avl-ids.json', import.meta.url);
const TARGET = new URL('../src/protocol/io-dictionary.generated.ts', import.meta.url);

const BLE_TEMPERATURES = [25, 26, 27, 28];
const BLE_HUMIDITIES = [86, 104, 106, 108];
const EYE_TEMPERATURES = [10800, 10801, 10802, 10803];
const DALLAS_TEMPERATURES = [72, 73, 74, 75];
const BLE_FUEL_LEVELS = [270, 273, 276, 279];
const BLE_LUMINOSITIES = [335, 336, 337, 338];
const LLS_FUEL_LEVELS = [201, 203, 210, 212, 214];
/** iButtons, Dallas sensors, RFID tags, users: a number of a table, an identifier in fact, printed in hex on the thing itself. */
const HEX_IDENTIFIERS = [8, 71, 76, 77, 78, 79, 207, 238, 451, 452, 453, 454];
/** Identifiers have no scale: a shorter group holds the same number. */
const ANY_WIDTH = [1, 2, 4, 8];

/** Teltonika wiki, AVL ids of BLE sensors, firmware 03.28 and later. */
const SIGNED_BLE_ERRORS = {
  32764: 'abnormal sensor state',
  32765: 'abnormal sensor state',
  32766: 'failed to parse sensor data',
  32767: 'sensor not found',
};
const UNSIGNED_BLE_ERRORS = {
  65533: 'abnormal sensor state',
  65534: 'failed to parse sensor data',
  65535: 'sensor not found',
};

/** Where the tables are wrong or incomplete, by id, with the reason. */
const CORRECTIONS = {
  // The tables say hex; the wiki's page "ISO6709" prints a received element, and it is text: +547010.2667+0252596.7000+000.136/
  387: { type: 'ascii' },
  // FMM640 and other families send the cell id of an LTE network in four bytes, with the same meaning.
  205: { otherWidths: [4] },
  11: { otherWidths: ANY_WIDTH },
  // Teltonika wiki, ICCID: the second half has at least ten digits.
  14: { otherWidths: ANY_WIDTH, minDigits: 10 },
  ...each(HEX_IDENTIFIERS, { type: 'hex', otherWidths: ANY_WIDTH }),
  ...each(BLE_TEMPERATURES, { errors: SIGNED_BLE_ERRORS }),
  // Both signed and unsigned codes are far above 100.0 %.
  ...each(BLE_HUMIDITIES, { errors: { ...SIGNED_BLE_ERRORS, ...UNSIGNED_BLE_ERRORS } }),
  ...each(EYE_TEMPERATURES, { errors: { 25000: 'no reading from the sensor', ...SIGNED_BLE_ERRORS } }),
  // Old firmware; 850 is the power-on value of the DS18B20 and can be measured too.
  ...each(DALLAS_TEMPERATURES, {
    errors: {
      2000: 'failed to read the sensor',
      3000: 'sensor not connected',
      4000: 'sensor id failed',
      5000: 'sensor not ready',
    },
    doubts: { 850: 'sensor not ready, unless it is 85.0 °C' },
  }),
  ...each(LLS_FUEL_LEVELS, { errors: each([-4, -3, -2, -1], 'fuel sensor error') }),
  // The range of the number includes the codes.
  ...each([...BLE_FUEL_LEVELS, ...BLE_LUMINOSITIES], { doubts: UNSIGNED_BLE_ERRORS }),
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
    errors: element.errors ?? null,
    doubts: element.doubts ?? null,
    otherWidths: (element.otherWidths ?? []).filter((width) => width !== element.bytes),
    minDigits: element.minDigits ?? null,
    group: element.group || null,
    tft100: element.tft100,
    differsBetweenFamilies: element.differsBetweenFamilies ?? false,
  };
  const fields = Object.entries(definition).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  return `{ ${fields.join(', ')} }`;
}

function each(keys, value) {
  return Object.fromEntries(keys.map((key) => [key, value]));
}
