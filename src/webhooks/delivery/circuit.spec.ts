import { Circuit } from './circuit.js';

const SECOND = 1_000;

function failing(circuit: Circuit, imeis: readonly string[], nowMs = 0): void {
  imeis.forEach((imei) => circuit.failed(imei, false, false, nowMs));
}

describe('Circuit', () => {
  it('opens after five failures in a row of three devices or more', () => {
    const circuit = new Circuit();
    failing(circuit, ['a', 'b', 'c', 'a']);
    expect(circuit.state).toBe('closed');
    failing(circuit, ['b'], 7);
    expect([circuit.state, circuit.openSince]).toEqual(['open', 7]);
  });

  it('is not opened by the failing events of one or two devices', () => {
    const circuit = new Circuit();
    for (let round = 0; round < 100; round++) {
      failing(circuit, ['a', 'b']);
    }
    expect(circuit.state).toBe('closed');
  });

  it('counts only failures in a row', () => {
    const circuit = new Circuit();
    for (let round = 0; round < 10; round++) {
      failing(circuit, ['a', 'b', 'c', 'd']);
      expect(circuit.answered()).toBe(true);
    }
    expect([circuit.state, circuit.answered()]).toEqual(['closed', false]);
  });

  it('opens after three failed connections in a row, of any device', () => {
    const circuit = new Circuit();
    circuit.failed('a', true, false, 0);
    circuit.failed('a', true, false, 0);
    expect(circuit.state).toBe('closed');
    circuit.failed('a', true, false, 0);
    expect(circuit.state).toBe('open');
  });

  it('allows single probes at growing intervals, and closes when one is answered', () => {
    const circuit = new Circuit();
    failing(circuit, ['a', 'b', 'c', 'd', 'e']);
    const probes: number[] = [];
    for (let nowMs = 0; nowMs <= 120 * SECOND; nowMs += 100) {
      if (circuit.allows(nowMs) === 'probe') {
        circuit.probeStarted();
        expect(circuit.allows(nowMs)).toBe('nothing');
        probes.push(nowMs / SECOND);
        circuit.failed('a', true, true, nowMs);
      }
    }
    expect(probes).toEqual([1, 3, 7, 15, 31, 61, 91]);
    expect(circuit.allows(121 * SECOND)).toBe('probe');
    circuit.probeStarted();
    expect(circuit.answered()).toBe(true);
    expect([circuit.state, circuit.allows(121 * SECOND), circuit.openSince]).toEqual(['closed', 'everything', null]);
  });

  it('ignores requests that were in flight when it opened', () => {
    const circuit = new Circuit();
    failing(circuit, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    expect([circuit.allows(999), circuit.allows(1_000)]).toEqual(['nothing', 'probe']);
    circuit.probeStarted();
    failing(circuit, ['i'], 1_001);
    expect(circuit.state).toBe('half-open');
  });
});
