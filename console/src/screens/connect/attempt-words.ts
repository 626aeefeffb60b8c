import { type Tone } from '../../ui/badge.js';

interface Words {
  readonly title: string;
  readonly hint: string;
}

/** By the outcome of a failed attempt: what it was, and what to change. */
const WORDS: Readonly<Record<string, Words>> = {
  'tls-on-plain-port': {
    title: 'TLS on the port without TLS',
    hint: 'Set parameter 2020 to 0, or parameter 2005 to the TLS port.',
  },
  'plain-on-tls-port': {
    title: 'No TLS on the TLS port',
    hint: 'Set parameter 2020 to 1, or parameter 2005 to the port without TLS.',
  },
  'http-request': {
    title: 'An HTTP request on a device port',
    hint: 'A browser, a health check or a scanner. The API and this console have another port.',
  },
  'not-a-login': {
    title: 'The first bytes are not a login',
    hint: 'Another program, or a device with another protocol. A Teltonika device sends the length of its IMEI, then the IMEI.',
  },
  'bad-imei': {
    title: 'A login without an IMEI of 15 digits',
    hint: 'The sender has another identification: it is not a Teltonika device, or its firmware is at fault.',
  },
  'no-login': {
    title: 'A connection without a login',
    hint: 'Address and port are right, and no IMEI was sent in time. The device may wait for TLS.',
  },
  'tls-failed': {
    title: 'The TLS handshake failed',
    hint: 'The device does not accept the certificate of the gateway, or its TLS is older than 1.2. Load the CA certificate into the device.',
  },
  'too-many-connections': {
    title: 'Too many connections',
    hint: 'The limit of one address, or of the gateway, is reached: BROKER_MAX_CONNECTIONS_PER_ADDRESS, MAX_DEVICE_CONNECTIONS.',
  },
  'bad-proxy-header': {
    title: 'No header of the balancer',
    hint: 'BROKER_PROXY_PROTOCOL is set: connect through the balancer, and let it send the header.',
  },
  'bad-crc': {
    title: 'A frame with a wrong checksum',
    hint: 'Bytes were changed on the way, or the firmware is at fault. The device sends the records again.',
  },
  'bad-frame': {
    title: 'A frame that is not valid',
    hint: 'Set parameter 113 to 1 (codec 8 Extended) or 0 (codec 8). The bytes are in the log of the gateway.',
  },
  unknown: {
    title: 'Refused: not registered',
    hint: 'The settings of the device are right. Register it, or set DEVICE_ADMISSION=open.',
  },
  banned: { title: 'Refused: banned', hint: 'Lift the ban on the page of the device.' },
  address: {
    title: 'Refused: another address',
    hint: 'The device has connected from outside the address ranges that it is pinned to.',
  },
  limit: {
    title: 'Refused: too many unregistered devices',
    hint: 'Register the device, or raise MAX_UNREGISTERED_DEVICES.',
  },
};

export function wordsOf(outcome: string): Words {
  return WORDS[outcome] ?? { title: outcome, hint: 'The log of the gateway says more.' };
}

/** Of a device that is set up correctly, and of everything else. */
export function toneOf(outcome: string): Tone {
  return outcome === 'unknown' || outcome === 'limit' ? 'warning' : 'bad';
}
