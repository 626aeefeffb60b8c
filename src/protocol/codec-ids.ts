/** The first byte of every data field (Teltonika wiki, Codec, "Codec ID"). 0x07, of the GH3000 family, is not supported. */
export const CODEC_8 = 0x08;
export const CODEC_8_EXTENDED = 0x8e;
export const CODEC_16 = 0x10;
export const CODEC_12 = 0x0c;
export const CODEC_13 = 0x0d;
export const CODEC_14 = 0x0e;
export const CODEC_15 = 0x0f;

/** Codecs of AVL records. Their frames are acknowledged with the number of records. */
export type RecordCodec = typeof CODEC_8 | typeof CODEC_8_EXTENDED | typeof CODEC_16;

/** Codecs of messages. Their frames are never acknowledged: a device treats the four bytes as a broken frame. */
export type MessageCodec = typeof CODEC_12 | typeof CODEC_13 | typeof CODEC_14 | typeof CODEC_15;

export function isRecordCodec(id: number): id is RecordCodec {
  return id === CODEC_8_EXTENDED || id === CODEC_8 || id === CODEC_16;
}

export function isMessageCodec(id: number): id is MessageCodec {
  return id >= CODEC_12 && id <= CODEC_15;
}
