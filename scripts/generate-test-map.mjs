/**
 * node scripts/generate-test-map.mjs: writes test/fixtures/streets.pmtiles, a PMTiles file (version 3) of one vector tile for the tests of the console's map:
 * land (`earth`) over the whole world, and a road along the equator. https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
 */
import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const HEADER_BYTES = 127;
const GZIP = 2;
const MVT = 1;
const EXTENT = 4096;
const [LINE, POLYGON] = [2, 3];
/** Commands of a geometry: id, and how often. */
const [MOVE_TO, LINE_TO, CLOSE] = [(count) => (count << 3) | 1, (count) => (count << 3) | 2, 15];
/** Wire types of Protocol Buffers. */
const [VARINT, BYTES] = [0, 2];

const zigzag = (value) => ((value << 1) ^ (value >> 31)) >>> 0;
const path = (...deltas) => deltas.map(zigzag);
const square = [MOVE_TO(1), ...path(0, 0), LINE_TO(3), ...path(EXTENT, 0, 0, EXTENT, -EXTENT, 0), CLOSE];
const equator = [MOVE_TO(1), ...path(0, EXTENT / 2), LINE_TO(1), ...path(EXTENT, 0)];

const tile = gzipSync(Buffer.concat([layer('earth', POLYGON, square), layer('roads', LINE, equator)]));
const metadata = gzipSync(JSON.stringify({ name: 'test', vector_layers: ['earth', 'roads'].map((id) => ({ id, fields: {} })) }));
// One entry: tile 0 (zoom 0), once, at the beginning of the tile data (an offset is stored plus one).
const directory = gzipSync(Buffer.concat([1, 0, 1, tile.length, 1].map(varint)));

const out = fileURLToPath(new URL('../test/fixtures/streets.pmtiles', import.meta.url));
writeFileSync(out, Buffer.concat([header(), directory, metadata, tile]));

function header() {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.write('PMTiles');
  bytes.writeUInt8(3, 7);
  const metadataAt = HEADER_BYTES + directory.length;
  const tileAt = metadataAt + metadata.length;
  const numbers = [HEADER_BYTES, directory.length, metadataAt, metadata.length, tileAt, 0, tileAt, tile.length, 1, 1, 1];
  numbers.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), 8 + 8 * index));
  // Clustered, compression of the directories, of the tiles, their type, least and greatest zoom.
  [1, GZIP, GZIP, MVT, 0, 0].forEach((value, index) => bytes.writeUInt8(value, 96 + index));
  // West, south, east, north, in units of 1e-7 degrees.
  [-180, -85, 180, 85].forEach((degrees, index) => bytes.writeInt32LE(degrees * 1e7, 102 + 4 * index));
  return bytes;
}

function layer(name, type, geometry) {
  const feature = Buffer.concat([field(3, VARINT, varint(type)), field(4, BYTES, Buffer.concat(geometry.map(varint)))]);
  const content = [
    field(15, VARINT, varint(2)),
    field(1, BYTES, Buffer.from(name)),
    field(2, BYTES, feature),
    field(5, VARINT, varint(EXTENT)),
  ];
  return field(3, BYTES, Buffer.concat(content));
}

function field(number, wireType, content) {
  const tag = varint((number << 3) | wireType);
  return wireType === BYTES ? Buffer.concat([tag, varint(content.length), content]) : Buffer.concat([tag, content]);
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      return Buffer.from([...bytes, rest]);
    }
    bytes.push((rest % 128) | 128);
  }
}
