import type { LoopDriver } from '../../catalog/schema/driver.ts';
import { MISSING } from './missing-evidence.ts';

export interface SkeletonNames {
  /** Lower-case letters, digits and hyphens. */
  readonly maker: string;
  readonly model: string;
}

/**
 * A commented driver file to begin with. Its shape is right and `roadside drivers lint` names each thing that
 * its author still has to look up.
 */
export function driverSkeleton({ maker, model }: SkeletonNames): string {
  return `# yaml-language-server: $schema=../../loop-driver.schema.json
#
# A Modbus card. Every address below is an example: replace it by what the manual says, and write the page into
# its evidence. Then: roadside drivers lint, roadside drivers test ${maker}-${model}
# Addresses count from 1, as manuals print them without the table's digit: 10002 is discrete-input 2.
# 中文：以下地址均为示例，请按说明书逐项替换，并在 evidence 中写明手册页码。
driver: ${maker}-${model}
label: ${maker} ${model} # maker and model as on the card
kind: loop-detector
channels: 1 # loops that the card serves

bus:
  # What its serial port can be set to; leave the line out when it has none (Modbus TCP only).
  serial: { baud: [9600], parity: [none], stopBits: [1] }
  responseTimeoutMs: 300 # an answer later than this is lost

# A register that tells this model from others; roadside scan asks for it.
# identify:
#   table: input-register
#   address: 1
#   mask: 0x00ff
#   expect: 34
#   evidence: "manual, page: …"

signals:
  - means: loop-occupied # also: loop-fault, loop-open, loop-short, loop-excess-change
    table: discrete-input # bits: coil, discrete-input
    address: 1 # of channel 1
    decode: bits
    evidence: "${MISSING} where the manual says that this bit means a vehicle"
  # - means: vehicle-count
  #   table: holding-register # numbers: holding-register, input-register
  #   address: 10
  #   decode: u32-msw-first # or u16, u32-lsw-first
  #   nonVolatile: false # true when it survives a power failure
  #   evidence: "manual, page: …"

# limits: { registersPerRequest: 8, bitsPerRequest: 8 } # when the manual sets some

examples:
  - note: "${MISSING} what a real card answered while a vehicle stood on loop 1"
    given:
      discrete-input@1: [1]
    expect:
      loop-occupied: [true]
`;
}

/** The text of an existing driver under a new name, its evidence marked as missing: it is about another device. */
export function skeletonFrom(text: string, from: LoopDriver, { maker, model }: SkeletonNames): string {
  return text
    .replace(/^driver:.*$/m, `driver: ${maker}-${model}`)
    .replace(/^label:.*$/m, `label: ${maker} ${model}`)
    .replace(/^(\s*(?:- )?evidence: )"?([^"\n]*)"?(\s*#.*)?$/gm, (_, key: string, said: string) => {
      return `${key}"${`${MISSING} of ${from.driver} it is: ${said}`.slice(0, 290)}"`;
    })
    .replace(/^(\s*- note: )"?([^"\n]*)"?$/gm, (_, key: string, said: string) => {
      return `${key}"${`${MISSING} a recording of this device; of ${from.driver}: ${said}`.slice(0, 190)}"`;
    });
}
