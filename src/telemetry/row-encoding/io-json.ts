import { type IoElement } from '../../protocol/avl-record.js';
import { findIoElement, fitsDefinition } from '../../protocol/io-dictionary.js';
import { signedIoValue } from '../../protocol/io-value.js';

const EIGHT_BYTES = 8;

/** The record in which an id was seen last. Detects repeated ids without one set per record. */
const seenIn = new Uint32Array(0x1_0000);
let recordNumber = 0;

/** Ids whose values are text in JSON whatever their width on the wire: a JSON number would lose digits of eight bytes in most clients. */
const isText = new Uint8Array(0x1_0000);
for (let id = 0; id < isText.length; id++) {
  const definition = findIoElement(id);
  isText[id] = definition !== null && !definition.variable && definition.width === EIGHT_BYTES ? 1 : 0;
}
/** Ids that are numbers in JSON whatever their width on the wire, as long as no digit is lost. */
const isNumber = new Uint8Array(0x1_0000);
for (let id = 0; id < isNumber.length; id++) {
  const definition = findIoElement(id);
  isNumber[id] = definition !== null && !definition.variable && definition.width !== EIGHT_BYTES ? 1 : 0;
}

/** What is unusual about the elements of a record. */
export interface IoOddities {
  /** All elements of the ids that occur more than once, in order. */
  readonly repeated: ReadonlyMap<number, readonly IoElement[]>;
  /** Whether the width of an element does not fit the definition of its id. */
  readonly hasOddWidth: boolean;
}

/**
 * Null for nearly every record: one pass over its elements, and nothing allocated. Local variables and no short circuits, because it runs for
 * every element of every record.
 */
export function findOddities(io: readonly IoElement[]): IoOddities | null {
  const current = (recordNumber = (recordNumber + 1) >>> 0);
  let repeatedCount = 0;
  let hasOddWidth = false;
  for (let index = 0; index < io.length; index++) {
    const element = io[index] as IoElement;
    const { id } = element;
    if (seenIn[id] === current) {
      repeatedCount++;
    }
    seenIn[id] = current;
    if (!fitsDefinition(element)) {
      hasOddWidth = true;
    }
  }
  if (repeatedCount === 0 && !hasOddWidth) {
    return null;
  }
  return { repeated: repeatedCount > 0 ? findRepeated(io) : new Map(), hasOddWidth };
}

function findRepeated(io: readonly IoElement[]): Map<number, IoElement[]> {
  const byId = new Map<number, IoElement[]>();
  for (const element of io) {
    const others = byId.get(element.id);
    if (others) {
      others.push(element);
    } else {
      byId.set(element.id, [element]);
    }
  }
  for (const [id, elements] of byId) {
    if (elements.length === 1) {
      byId.delete(id);
    }
  }
  return byId;
}

/** One member of `io`: the id and its value. */
export function elementJson(element: IoElement): string {
  return `"${element.id}":${valueJson(element)}`;
}

/** Members of `io` for what is unusual: an array of all values for each repeated id, and `widths` of what does not fit its definition. */
export function odditiesJson(io: readonly IoElement[], { repeated, hasOddWidth }: IoOddities): string[] {
  const arrays = [...repeated].map(([id, elements]) => `"${id}":[${elements.map(valueJson).join(',')}]`);
  return hasOddWidth ? [...arrays, `"widths":{${oddWidths(io, repeated).join(',')}}`] : arrays;
}

function oddWidths(io: readonly IoElement[], repeated: IoOddities['repeated']): string[] {
  const single = io.filter((element) => !repeated.has(element.id) && !fitsDefinition(element));
  const arrays = [...repeated].filter(([, elements]) => !elements.every(fitsDefinition));
  return [
    ...single.map(({ id, width }) => `"${id}":${width}`),
    ...arrays.map(([id, elements]) => `"${id}":[${elements.map(({ width }) => width).join(',')}]`),
  ];
}

/**
 * The JSON type follows the id: text for ids of eight bytes, a number for shorter ones. An id without a definition, and one of variable width
 * that comes with a fixed one, is a number up to four bytes and text with eight. Bytes are hex.
 */
function valueJson(element: IoElement): string {
  const { id } = element;
  const value = signedIoValue(element);
  if (typeof value === 'object') {
    return isText[id] === 1 && value.length > 0 && value.length <= EIGHT_BYTES
      ? `"${BigInt(`0x${value.toString('hex')}`)}"`
      : `"${value.toString('hex')}"`;
  }
  if (typeof value === 'bigint') {
    return isNumber[id] === 1 && Number.isSafeInteger(Number(value)) ? value.toString() : `"${value}"`;
  }
  return isText[id] === 1 ? `"${value}"` : value.toString();
}
