import { hasRefusedEscape, isRefusedText } from './refuse-text.js';

describe('text that PostgreSQL can not hold', () => {
  it.each(['\0', 'a\0b', '\ud800', 'a\udfffb', '\udc00\ud800', '\ud83d\ud83d\ude00'])('is %j', (text) => {
    expect(isRefusedText(text)).toBe(true);
    expect(hasRefusedEscape(JSON.stringify({ [text]: 1 }))).toBe(true);
    expect(hasRefusedEscape(JSON.stringify([text]))).toBe(true);
  });

  it.each(['', 'a', '\u0001', '\u{1f600}', 'é\\u0000', '\ud83d\ude00\ud83d\ude00', '\ufffd', '\ue000'])('is not %j', (text) => {
    expect(isRefusedText(text)).toBe(false);
    expect(hasRefusedEscape(JSON.stringify({ [text]: text }))).toBe(false);
  });

  it.each([
    [String.raw`{"a":"\u0000"}`, true],
    [String.raw`{"a":"\uD800"}`, true],
    [String.raw`{"a":"\uDC00\uD800"}`, true],
    [String.raw`{"a":"\ud83d","b":"\ude00"}`, true],
    [String.raw`{"a":"\ud83dx\ude00"}`, true],
    [String.raw`{"a":"\ud83d\n\ude00"}`, true],
    [String.raw`{"a":"\u0000","a":1}`, true],
    [String.raw`{"\u0000":1}`, true],
    [String.raw`{"a":"\uD83D\uDE00"}`, false],
    [String.raw`{"a":"\\u0000 \\\\ud800"}`, false],
    [String.raw`{"a":"\\\u0000"}`, true],
    [String.raw`{"a":"\u00000"}`, true],
    [String.raw`{"a":"\u0041"}`, false],
  ])('is found by its escapes in %s: %s', (json, refused) => {
    expect(hasRefusedEscape(json)).toBe(refused);
  });
});
