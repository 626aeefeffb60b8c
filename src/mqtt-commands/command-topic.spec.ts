import { CommandTopic } from './command-topic.js';

describe('the topic of commands', () => {
  it.each(['iot/{imei}/command', '{imei}', 'a/b/{imei}', '/{imei}/'])('may be %s', (template) => {
    expect(CommandTopic.isValid(template)).toBe(true);
  });

  it.each(['iot/command', 'iot/x{imei}/command', '{imei}/{imei}', 'iot/+/{imei}', 'iot/{imei}/#', '$SYS/{imei}', '', 7])(
    'may not be %j',
    (template) => {
      expect(CommandTopic.isValid(template)).toBe(false);
    },
  );

  it('is subscribed for all devices', () => {
    expect(new CommandTopic('iot/{imei}/command').filter).toBe('$share/iot-broker/iot/+/command');
  });

  it.each([
    ['iot/350612345678901/command', '350612345678901'],
    ['iot/x/command', 'x'],
    ['iot//command', ''],
    ['iot/350612345678901/event', null],
    ['iot/350612345678901/command/x', null],
    ['iot/350612345678901', null],
  ])('of %s is that of device %j', (topic, imei) => {
    expect(new CommandTopic('iot/{imei}/command').imeiOf(topic)).toBe(imei);
  });
});
