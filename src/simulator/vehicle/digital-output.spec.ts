import { DigitalOutput } from './digital-output.js';

const ON = { level: 1, timeoutS: null, maxSpeedKmh: null } as const;
const OFF = { level: 0, timeoutS: null, maxSpeedKmh: null } as const;

describe('DigitalOutput', () => {
  it('is set indefinitely, and reports when it was set already', () => {
    const output = new DigitalOutput();
    expect(output.request(ON, 0, 0)).toBe('1 Timeout:INFINITY');
    expect(output.request(ON, 1, 0)).toBe('Already set to 1');
    expect(output.level).toBe(1);
    expect(output.request(OFF, 2, 0)).toBe('0 Timeout:INFINITY');
    expect(output.request(OFF, 3, 0)).toBe('Already set to 0');
    expect(output.level).toBe(0);
  });

  it('reverts when its time is over', () => {
    const output = new DigitalOutput();
    expect(output.request({ ...ON, timeoutS: 10 }, 1000, 0)).toBe('1 Timeout:10s');
    output.advance(10_999, 0);
    expect(output.level).toBe(1);
    output.advance(11_000, 0);
    expect(output.level).toBe(0);
  });

  it('replaces a running time with a new request', () => {
    const output = new DigitalOutput();
    output.request({ ...ON, timeoutS: 10 }, 0, 0);
    expect(output.request(ON, 5000, 0)).toBe('1 Timeout:INFINITY');
    output.advance(60_000, 0);
    expect(output.level).toBe(1);
  });

  it('reverts to its level before the first of several timed requests', () => {
    const output = new DigitalOutput();
    output.request({ ...ON, timeoutS: 10 }, 0, 0);
    output.request({ ...ON, timeoutS: 20 }, 5000, 0);
    output.advance(24_000, 0);
    expect(output.level).toBe(1);
    output.advance(25_000, 0);
    expect(output.level).toBe(0);
  });

  it('waits until the vehicle is slow enough, and reverts when it is too fast again', () => {
    const output = new DigitalOutput();
    const words = '1 Timeout:INFINITY Speed threshold:20km/h';
    expect(output.request({ ...ON, maxSpeedKmh: 20 }, 0, 35)).toBe(`${words} Speed is above threshold, queued`);
    output.advance(1000, 21);
    expect(output.level).toBe(0);
    output.advance(2000, 20);
    expect(output.level).toBe(1);
    output.advance(3000, 21);
    expect(output.level).toBe(0);
    output.advance(4000, 0);
    expect(output.level).toBe(0);
  });

  it('is set immediately when the vehicle is slow enough', () => {
    const output = new DigitalOutput();
    expect(output.request({ level: 1, timeoutS: 10, maxSpeedKmh: 20 }, 0, 20)).toBe('1 Timeout:10s Speed threshold:20km/h');
    expect(output.level).toBe(1);
  });

  it('drops a queued request when another one arrives', () => {
    const output = new DigitalOutput();
    output.request({ ...ON, maxSpeedKmh: 20 }, 0, 35);
    expect(output.request(OFF, 1000, 35)).toBe('Already set to 0');
    output.advance(2000, 0);
    expect(output.level).toBe(0);
  });
});
