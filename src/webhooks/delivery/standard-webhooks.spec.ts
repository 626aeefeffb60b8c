import { Webhook } from 'standardwebhooks';
import { signingKeys, webhookHeaders } from './standard-webhooks.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';

describe('webhookHeaders', () => {
  it('gives the signature of the reference', () => {
    expect(webhookHeaders(signingKeys(SECRET), { id: ID, body: BODY }, 1_614_265_330_999)).toEqual({
      'webhook-id': ID,
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is accepted by the public library with either secret during a rotation', () => {
    const headers = webhookHeaders(signingKeys(`${SECRET}, ${OTHER}`), { id: ID, body: BODY }, Date.now());
    expect(new Webhook(SECRET).verify(BODY, headers)).toEqual({ test: 2432232314 });
    expect(new Webhook(OTHER).verify(BODY, headers)).toEqual({ test: 2432232314 });
    expect(() => new Webhook(OTHER).verify(`${BODY} `, headers)).toThrow('No matching signature');
  });

  it('signs the bytes of UTF-8', () => {
    const body = '{"text":"Žalgiris 🚲"}';
    const headers = webhookHeaders(signingKeys(SECRET), { id: ID, body }, Date.now());
    expect(new Webhook(SECRET).verify(Buffer.from(body), headers)).toEqual({ text: 'Žalgiris 🚲' });
  });

  it('has no signature without a secret', () => {
    expect(Object.keys(webhookHeaders(signingKeys(''), { id: ID, body: BODY }, 0))).toEqual(['webhook-id', 'webhook-timestamp']);
  });
});
