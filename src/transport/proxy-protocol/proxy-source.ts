/** Who opened the connection at the balancer. */
export interface ProxySource {
  readonly address: string;
  readonly port: number;
}

/** A header of the PROXY protocol, read from the start of a connection. */
export interface ProxyHeader {
  /** Null: the balancer speaks for itself (a health check) or does not know; the socket's own address holds. */
  readonly source: ProxySource | null;
  readonly bytesRead: number;
}
