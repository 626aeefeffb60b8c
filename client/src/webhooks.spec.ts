import { Webhook } from 'standardwebhooks';
import { verify, type VerifyOptions } from './webhooks.js';

/** The example of the specification of Standard Webhooks. */
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const TIMESTAMP = 1_614_265_330;
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
const HEADERS = { 'webhook-id': ID, 'webhook-timestamp': String(TIMESTAMP), 'webhook-signature': SIGNATURE };
const atSecond = (second: number): VerifyOptions => ({ secret: SECRET, now: () => second * 1_000 });
const OPTIONS = atSecond(TIMESTAMP);

function signed(secret: string, body: string): string {
  return new Webhook(secret).sign(ID, new Date(TIMESTAMP * 1_000), body);
}

interface Rest {
  readonly body?: string | Uint8Array;
  readonly options?: VerifyOptions;
}

function check(changes: object, { body = BODY, options = OPTIONS }: Rest = {}) {
  return verify(body, { ...HEADERS, ...changes }, options);
}

describe('the verification of a webhook', () => {
  it('accepts the example of the specification, as text and as bytes, with both kinds of headers', async () => {
    expect(await check({})).toEqual({ test: 2_432_232_314 });
    expect(await check({}, { body: Buffer.from(BODY) })).toEqual({ test: 2_432_232_314 });
    expect(await verify(BODY, new Headers(HEADERS), OPTIONS)).toEqual({ test: 2_432_232_314 });
  });

  it('accepts what the package standardwebhooks signs, and bytes beyond ASCII', async () => {
    const body = JSON.stringify({ imei: '350612345678901', response: 'Grüße, 東京' });
    expect(await check({ 'webhook-signature': signed(SECRET, body) }, { body })).toEqual(JSON.parse(body));
    expect(await check({ 'webhook-signature': signed(SECRET, body) }, { body: Buffer.from(body) })).toEqual(JSON.parse(body));
  });

  it.each([
    ['the second of two signatures', { 'webhook-signature': `${signed(OTHER_SECRET, BODY)} ${SIGNATURE}` }, OPTIONS],
    ['one of two secrets', {}, { ...OPTIONS, secret: [OTHER_SECRET, SECRET] }],
    ['a signature beside one of an unknown version', { 'webhook-signature': `v2,AAAA v1a,BBBB ${SIGNATURE}` }, OPTIONS],
    ['a time 300 s ago', {}, atSecond(TIMESTAMP + 300)],
    ['a time in 300 s', {}, atSecond(TIMESTAMP - 300)],
  ])('accepts %s', async (_what, changes, options) => {
    expect(await check(changes, { options })).toEqual({ test: 2_432_232_314 });
  });

  it.each([
    ['another body', {}, { body: BODY.replace('4', '5') }, 'BAD_SIGNATURE'],
    ['a body written again', {}, { body: JSON.stringify(JSON.parse(BODY)) }, 'BAD_SIGNATURE'],
    ['another id', { 'webhook-id': 'msg_1' }, {}, 'BAD_SIGNATURE'],
    ['another secret', {}, { options: { ...OPTIONS, secret: OTHER_SECRET } }, 'BAD_SIGNATURE'],
    ['a signature cut short', { 'webhook-signature': SIGNATURE.slice(0, -4) }, {}, 'BAD_SIGNATURE'],
    ['a signature that is not base64', { 'webhook-signature': 'v1,???' }, {}, 'BAD_SIGNATURE'],
    ['a signature of another version', { 'webhook-signature': SIGNATURE.replace('v1', 'v2') }, {}, 'BAD_SIGNATURE'],
    ['no signature', { 'webhook-signature': undefined }, {}, 'MISSING_HEADER'],
    ['no id', { 'webhook-id': undefined }, {}, 'MISSING_HEADER'],
    ['a time 301 s ago', {}, { options: atSecond(TIMESTAMP + 301) }, 'BAD_TIMESTAMP'],
    ['a time in 301 s', {}, { options: atSecond(TIMESTAMP - 301) }, 'BAD_TIMESTAMP'],
    ['a time that is not a number', { 'webhook-timestamp': 'now' }, {}, 'BAD_TIMESTAMP'],
    ['a signed body that is not JSON', { 'webhook-signature': signed(SECRET, 'hello') }, { body: 'hello' }, 'BAD_BODY'],
  ])('rejects %s', async (_what, changes, rest, code) => {
    await expect(check(changes, rest)).rejects.toMatchObject({ name: 'WebhookVerificationError', code });
  });

  it('takes a secret that is not base64 for a mistake of the host', async () => {
    await expect(check({}, { options: { ...OPTIONS, secret: 'whsec_?' } })).rejects.toThrow(TypeError);
  });
});
