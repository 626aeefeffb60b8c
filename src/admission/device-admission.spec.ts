import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type DatabaseAvailability } from '../platform/database/database-availability.js';
import { DeviceAdmission } from './device-admission.js';
import { type AdmissionRequest, type LoginRefusal } from './admission-rule.js';
import { type RefusedLogins } from './refused-logins.js';
import { type UnregisteredDevices } from './unregistered-devices.js';
import { type UnregisteredDevicesRepository } from './unregistered-devices.repository.js';

let statements: AdmissionRequest[][];
let noted: string[];
let answer: (asked: readonly AdmissionRequest[]) => Promise<(LoginRefusal | null)[]>;
let admission: DeviceAdmission;
const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);

beforeEach(() => {
  warn.mockClear();
  statements = [];
  noted = [];
  answer = (asked) => Promise.resolve(asked.map(({ imei }) => (imei.startsWith('bad') ? 'banned' : null)));
  const sessions = {
    findRefusals: (asked: readonly AdmissionRequest[]) => {
      statements.push([...asked]);
      return answer(asked).then((results) => ({ results, newDevices: 0 }));
    },
  };
  const refused = { note: (imei: string, address: string, refusal: LoginRefusal) => noted.push(`${imei} ${address} ${refusal}`) };
  const database = { logFailure: (logger: Logger, message: string) => logger.warn(message) };
  admission = new DeviceAdmission(
    sessions as unknown as UnregisteredDevicesRepository,
    refused as unknown as RefusedLogins,
    { rule: { registeredOnly: false, remaining: 1 }, noteAdmitted: () => undefined } as unknown as UnregisteredDevices,
    database as unknown as DatabaseAvailability,
  );
});

afterAll(() => warn.mockRestore());

describe('DeviceAdmission', () => {
  it('checks all packets of one turn in one statement, settles each with its own result, and records refusals', async () => {
    const asked = ['a', 'bad b', 'c'].map((imei) => admission.admits(imei, '192.0.2.1'));
    expect(await Promise.all(asked)).toEqual([true, false, true]);
    expect(statements.map((statement) => statement.map(({ imei }) => imei))).toEqual([['a', 'bad b', 'c']]);
    expect(noted).toEqual(['bad b 192.0.2.1 banned']);
  });

  it('runs one statement at a time: packets that arrive meanwhile form the next batch', async () => {
    let end!: () => void;
    const held = new Promise<void>((resolve) => (end = resolve));
    answer = async (asked) => {
      await held;
      return asked.map(() => null);
    };
    const first = admission.admits('a', 'x');
    while (statements.length === 0) {
      await new Promise(setImmediate);
    }
    const later = ['b', 'c'].map((imei) => admission.admits(imei, 'x'));
    await new Promise(setImmediate);
    expect(statements).toHaveLength(1);
    end();
    await Promise.all([first, ...later]);
    expect(statements.map((asked) => asked.length)).toEqual([1, 2]);
  });

  it('does not admit a packet that is missing from the result', async () => {
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    answer = () => Promise.resolve([null]);
    const [first, second] = ['a', 'b'].map((imei) => admission.admits(imei, 'x'));
    expect(await first).toBe(true);
    await expect(second).rejects.toThrow('No admission was read for b');
    error.mockRestore();
  });

  it('does not cache: a ban takes effect with its commit', async () => {
    expect(await admission.admits('a', 'x')).toBe(true);
    answer = (asked) => Promise.resolve(asked.map(() => 'banned'));
    expect(await admission.admits('a', 'x')).toBe(false);
  });

  it('rejects at once while the database is unavailable, logs it once, and recovers', async () => {
    const good = answer;
    answer = () => Promise.reject(new Error('gone'));
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(admission.admits('a', 'x')).rejects.toThrow('gone');
    }
    expect(warn).toHaveBeenCalledTimes(1);
    answer = good;
    expect(await admission.admits('a', 'x')).toBe(true);
  });
});
