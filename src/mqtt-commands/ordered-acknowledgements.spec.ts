import { OrderedAcknowledgements } from './ordered-acknowledgements.js';

describe('acknowledgements', () => {
  it('are written in the order of the messages, whichever is done first', async () => {
    const written: number[] = [];
    const acknowledgements = new OrderedAcknowledgements((packetId) => written.push(packetId));
    const [first, second, third] = [7, 3, 9].map((packetId) => acknowledgements.receive(packetId));
    const thirdIsWritten = third!();
    const secondIsWritten = second!();
    expect([written, acknowledgements.count]).toEqual([[], 3]);
    await first!();
    expect(await Promise.all([secondIsWritten, thirdIsWritten])).toEqual([true, true]);
    expect([written, acknowledgements.count]).toEqual([[7, 3, 9], 0]);
  });

  it('are not written after the end of the connection', async () => {
    const written: number[] = [];
    const acknowledgements = new OrderedAcknowledgements((packetId) => written.push(packetId));
    const [first, second] = [1, 2].map((packetId) => acknowledgements.receive(packetId));
    const secondIsWritten = second!();
    acknowledgements.abandon();
    expect(await Promise.all([first!(), secondIsWritten])).toEqual([false, false]);
    expect([written, acknowledgements.count]).toEqual([[], 0]);
  });
});
