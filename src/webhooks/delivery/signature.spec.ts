import { Webhook } from 'standardwebhooks';
import { signatureOf, signingKeys } from './signature.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';

describe('signatureOf', () => {
  it('gives the signature of the reference', () => {
    expect(signatureOf(signingKeys(SECRET), ID, 1_614_265_330, BODY)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('is accepted by the public library with either secret while one takes the place of the other', () => {
    const timestamp = Math.floor(Date.now() / 1000);
    const signature = signatureOf(signingKeys(`${SECRET}, ${OTHER}`), ID, timestamp, BODY);
    const headers = { 'webhook-id': ID, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
    expect(new Webhook(SECRET).verify(BODY, headers)).toEqual({ test: 2432232314 });
    expect(new Webhook(OTHER).verify(BODY, headers)).toEqual({ test: 2432232314 });
    expect(() => new Webhook(OTHER).verify(`${BODY} `, headers)).toThrow('No matching signature');
  });

  it('signs the bytes of UTF-8', () => {
    const timestamp = Math.floor(Date.now() / 1000);
    const body = '{"text":"Žalgiris 🚲"}';
    const signature = signatureOf(signingKeys(SECRET), ID, timestamp, body);
    const headers = { 'webhook-id': ID, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
    expect(new Webhook(SECRET).verify(Buffer.from(body), headers)).toEqual({ text: 'Žalgiris 🚲' });
  });
});
