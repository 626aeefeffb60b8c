import { secretsOf } from './log-text.js';

describe('secretsOf', () => {
  it('finds keys, secrets and passwords of URLs, each key of a list by itself', () => {
    const found = secretsOf([
      ['IOT_API_KEY', 'first-key, second-key'],
      ['WEBHOOK_SECRET', 'whsec_abcdef'],
      ['DATABASE_URL', 'postgres://user:p%40ss%2Fword@host/db'],
      ['NOTIFICATION_URL', 'https://host/path?password=in-the-query'],
    ]);
    expect(found).toEqual(
      expect.arrayContaining(['first-key', 'second-key', 'whsec_abcdef', 'p%40ss%2Fword', 'p@ss/word', 'in-the-query']),
    );
  });

  it('gives the longest first: one may be a part of another', () => {
    expect(
      secretsOf([
        ['A_KEY', '123456'],
        ['B_KEY', '1234567'],
      ]),
    ).toEqual(['1234567', '123456']);
  });

  it('leaves alone what is none', () => {
    const found = secretsOf([
      ['BROKER_HOST', '127.0.0.1'],
      ['BROKER_TLS_KEY_FILE', '/etc/keys/device.pem'],
      ['BROKER_KEEPALIVE_SECONDS', 60],
      ['DATABASE_URL', 'postgres://user@host/database'],
      ['IOT_API_KEY', undefined],
      ['SHORT_KEY', '12345'],
      ['ODD_URL', 'not://a url'],
    ]);
    expect(found).toEqual([]);
  });
});
