import { findIoElement, type IoElementDefinition } from '../../protocol/io-dictionary.js';
import { ATTRIBUTE_COLUMNS, type AttributeColumn } from '../telemetry-columns.js';
import { fitsDefinition, multiply, scaledElements } from './scaled-elements.js';
import { type AttributeValue, type StoredIo, type TelemetryRecord } from './telemetry-record.js';

/** Texts that are kept for each column: states and slowly changing measurements repeat from record to record. */
const MAX_KEPT = 512;
const NO_COLUMNS = ATTRIBUTE_COLUMNS.map(() => null);
const COLUMNS = ATTRIBUTE_COLUMNS.map((column, index) => ({
  index,
  quantity: quantityOf(column),
  kept: new Map<AttributeValue, string>(),
}));

/** The JSON text of `scaledElements`, with the same members in the same order. */
export function scaledElementsJson({ attributes, io }: Pick<TelemetryRecord, 'attributes' | 'io'>): string {
  const stored = io === null ? null : (JSON.parse(io) as StoredIo);
  if (stored !== null && isOdd(stored)) {
    return JSON.stringify(scaledElements(attributes, stored));
  }
  let elements = '';
  for (let index = 0; index < attributes.length; index++) {
    const value = attributes[index] as AttributeValue | null;
    if (value !== null) {
      elements += `,${columnJson(index, value)}`;
    }
  }
  if (stored !== null) {
    for (const element of scaledElements(NO_COLUMNS, stored)) {
      elements += `,${JSON.stringify(element)}`;
    }
  }
  return `[${elements.slice(1)}]`;
}

/** Repeated ids and odd widths belong to columns, too. */
function isOdd(io: StoredIo): boolean {
  return Object.values(io).some((value) => typeof value === 'object');
}

function columnJson(index: number, value: AttributeValue): string {
  const { kept, quantity } = COLUMNS[index] as (typeof COLUMNS)[number];
  const known = kept.get(value);
  if (known !== undefined) {
    return known;
  }
  const json = (typeof value === 'number' ? quantity?.jsonOf(value) : null) ?? anyJson(index, value);
  if (kept.size < MAX_KEPT) {
    kept.set(value, json);
  }
  return json;
}

function anyJson(index: number, value: AttributeValue): string {
  const [element] = scaledElements(
    NO_COLUMNS.map((none, place) => (place === index ? value : none)),
    null,
  );
  return JSON.stringify(element);
}

interface Quantity {
  /** Null for a value that is outside the definition. */
  jsonOf(raw: number): string | null;
}

/** Null for a column whose values are not plain quantities: text, states, error codes, numbers whose scale is not known. */
function quantityOf({ avlId, name }: AttributeColumn): Quantity | null {
  const definition = findIoElement(avlId);
  const multiplier = definition?.multiplier ?? null;
  if (definition === null || multiplier === null || !isQuantity(definition)) {
    return null;
  }
  const { unit } = definition;
  const before = `{"id":${avlId},"column":${JSON.stringify(name)},"raw":`;
  const between = `,"name":${JSON.stringify(definition.name)},"unit":${JSON.stringify(unit)},"value":`;
  const after = `,"meaning":null}`;
  const divisor = Math.round(1 / multiplier);
  // A power of ten: the quotient is the same as the rounded product, and takes a tenth of the time.
  const isDivisible = Number.isInteger(Math.log10(divisor)) && 1 / divisor === multiplier;
  return {
    jsonOf: (raw) =>
      fitsDefinition(definition, raw, null)
        ? `${before}${raw}${between}${isDivisible ? raw / divisor : multiply(raw, multiplier)}${after}`
        : null,
  };
}

function isQuantity({ variable, type, width, values, errors, doubts, minDigits }: IoElementDefinition): boolean {
  const isNumber = !variable && width !== 8 && (type === 'signed' || type === 'unsigned');
  return isNumber && [values, errors, doubts, minDigits].every((special) => special === null);
}
