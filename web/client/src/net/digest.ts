// The digest that heartbeats compare (PROTOCOL 5.2).
import { idToBytes } from "./id.js";

const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffff_ffff_ffff_ffffn;

/** 64-bit FNV-1a over log id, epoch and seq, the numbers big-endian. */
export function positionDigest(logId: string, epoch: bigint, seq: number): bigint {
  const bytes = new Uint8Array(32);
  bytes.set(idToBytes(logId));
  const view = new DataView(bytes.buffer);
  view.setBigUint64(16, epoch);
  view.setBigUint64(24, BigInt(seq));
  let hash = OFFSET;
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * PRIME) & MASK;
  return hash;
}
