import { executeCommand } from '../commands/command-set.js';
import { DeviceBody } from './device-body.js';
import { completeSettings } from '../device-settings.js';
import { FaultPlan } from '../fault-plan.js';
import { TrafficCounters } from '../traffic-counters.js';

const START_MS = Date.parse('2026-03-01T08:05:09Z');

describe('a command that a device executes', () => {
  let device: DeviceBody;
  let counters: TrafficCounters;

  beforeEach(() => {
    counters = new TrafficCounters();
    const settings = completeSettings({ port: 9000, startTimeMs: START_MS });
    device = new DeviceBody('350612000000008', settings, () => 0, new FaultPlan({}, 1, 0, counters.faults), counters);
  });

  function say(text: string, unknownReply: string | null = null): string | null {
    const outcome = executeCommand(device, text, unknownReply);
    return outcome.kind === 'reply' ? outcome.text : null;
  }

  it.each([
    ['setdigout 1?', 'DOUT1:1 Timeout:INFINITY DOUT2:IGNORED'],
    ['setdigout ?1', 'DOUT1:IGNORED DOUT2:1 Timeout:INFINITY'],
    ['setdigout 1', 'DOUT1:1 Timeout:INFINITY'],
    ['setdigout 1 10', 'DOUT1:1 Timeout:10s'],
    ['setdigout 1 ?', 'DOUT1:1 Timeout:INFINITY'],
    ['setdigout 1 10 200', 'DOUT1:1 Timeout:10s Speed threshold:200km/h'],
    ['setdigout 11 ? 20', 'DOUT1:1 Timeout:INFINITY DOUT2:1 Timeout:20s'],
    ['setdigout 11 30 ? ? 200', 'DOUT1:1 Timeout:30s DOUT2:1 Timeout:INFINITY Speed threshold:200km/h'],
    ['setdigout 0?', 'DOUT1:Already set to 0 DOUT2:IGNORED'],
    ['setdigout ??', 'DOUT1:IGNORED DOUT2:IGNORED'],
    ['setdigout', 'Arguments required'],
    ['setdigout 2', 'Bad syntax'],
    ['setdigout 111', 'Bad syntax'],
    ['setdigout 1 5 5 5', 'Bad syntax'],
    ['setdigout 1 soon', 'Bad syntax'],
  ])('replies to %s with %s', (command, reply) => {
    expect(say(command)).toBe(reply);
  });

  it('shows the same outputs in getio and readio after setdigout', () => {
    say('setdigout 1?');
    expect(say('setdigout 10')).toBe('DOUT1:Already set to 1 DOUT2:Already set to 0');
    expect(say('getio')).toMatch(/^DI1:[01] DI2:[01] DI3:0 AIN1:\d+ AIN2:0 DO1:1 DO2:0$/);
    expect([say('readio 179'), say('readio 180')]).toEqual(['Param ID:179 Value:1', 'Param ID:180 Value:0']);
    expect(device.vehicle.outputs.map((output) => output.level)).toEqual([1, 0]);
  });

  it('replies that an output is disabled in its configuration', () => {
    expect(say('setparam 131:9')).toBe('New value 131:9');
    expect(say('setdigout 11')).toBe('DOUT1 Is disabled from CFG DOUT2:1 Timeout:INFINITY');
    say('setparam 131:5');
    expect(say('setdigout 11')).toBe('DOUT is disabled from CFG');
  });

  it.each([
    ['getinfo', /^RTC:2026\/3\/1 8:5 Init:2026\/3\/1 8:5 UpTime:0s .*\bGPS:\d SAT:\d+ .*\bREC:0 /],
    ['getver', /^Ver:\S+ .*\bHw:TFT100 .*\bIMEI:350612000000008 Init: 2026-3-1 8:5 Uptime: 0 /],
    ['getstatus', /^Data Link: 1 .*\bOP: 2460[123] .*\bCell ID: \d+ /],
    ['getgps', /^GPS:1 Sat:\d+ Lat:54\.\d{6} Long:25\.\d{6} Alt:\d+ Speed:\d+ Dir:\d+ Date: 2026\/3\/1 Time: 8:5:9$/],
    ['ggps', /^D:2026\/3\/1 T:8:5:9 S:\d+\.\d\d C:54\.\d+, 25\.\d+ Url: http\S+speed:\d+$/],
    ['battery', /^BatState: 1 .*\bExtV: \d+ BatV: \d+ BatI: \d+$/],
    ['getimeiccid', /^IMEI: 350612000000008, CCID: 893700218\d{10}$/],
    ['readio 66', /^Param ID:66 Value:\d{5}$/],
    ['readio 9999', /^Not supported or not enabled IO element requested$/],
    ['getparam 2006', /^Param ID:2006 Value:0$/],
    ['getparam 2004;2005', /^Param ID:2004 Value:127\.0\.0\.1;2005:9000$/],
    ['getparam 99999', /^Invalid parameter id provided$/],
    ['setparam 99999:1', /^WARNING: Not supported Param ID or Value detected$/],
  ])('replies to %s with the text of a TFT100', (command, words) => {
    expect(say(command)).toMatch(words);
  });

  it('replies to getparam with the value set by setparam', () => {
    expect(say('setparam 2001:wap;2002:a:b')).toBe('New value 2001:wap;2002:a:b');
    expect(say('getparam 2001;2002')).toBe('Param ID:2001 Value:wap;2002:a:b');
  });

  it('replies to unknown commands with nothing, or with a configured text', () => {
    expect([say('nonsense'), say('GETINFO'), say('nonsense 1', 'Unknown command')]).toEqual([null, null, 'Unknown command']);
  });

  it('writes an urgent record at getrecord, and drops records at deleterecords', () => {
    expect(say('getrecord')).toBeNull();
    expect([device.waitingRecords, device.hasUrgentRecord]).toEqual([1, true]);
    expect(say('deleterecords')).toBe('All records are erased');
    expect([counters.recordsCreated, counters.recordsDropped, device.waitingRecords]).toEqual([1, 1, 0]);
  });

  it('restarts at cpureset and resets the outputs', () => {
    say('setdigout 11');
    expect(executeCommand(device, 'cpureset', null)).toEqual({ kind: 'restart' });
    device.restart();
    expect(say('getio')).toMatch(/DO1:0 DO2:0$/);
    expect(say('getinfo')).toMatch(/\bRST:1\b/);
  });
});
