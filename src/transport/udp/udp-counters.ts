/** What has come by UDP. Plain numbers, as those of TransportCounters, which has the bytes, frames, records and rejections of both ways in. */
export class UdpCounters {
  datagrams = 0;
  /** Datagrams that were not looked at: too many bytes were in flight, or the gateway is stopping. The device sends them again. */
  dropped = 0;
  /** Datagrams that were not looked at because their source address sent too many in this second. */
  limited = 0;
  /** Packets of a device that sent too many in this second. */
  packetsLimited = 0;
  /** Packets answered with the number of their records. */
  answered = 0;
  /** Packets of devices that may not talk. */
  refused = 0;
  /** Packets that could not be accepted; the code is among the rejections. */
  rejected = 0;
  /** Good packets nobody was told of: there was nothing in them, storing failed, or the answer could not be sent. */
  unanswered = 0;
}
