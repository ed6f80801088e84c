/** A device that listens on a port of this machine. */
export interface SimulatedPeer {
  readonly port: number;
  close(): Promise<void>;
}
