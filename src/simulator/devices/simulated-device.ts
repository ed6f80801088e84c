/** A device as its line sees it. It has no clock of its own: moments are given, in ms, and never go back. */
export interface SimulatedDevice {
  /** Bytes from the line in any portions, at `atMs`; what the device sends in answer, frame by frame. */
  receive(bytes: Uint8Array, atMs: number): readonly Uint8Array[];
}
