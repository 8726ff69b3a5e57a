import { handoffHeaders } from './handoff.ts';

/** Rows of one OCSF version within a hand-off message: an Arrow IPC stream of one record batch. */
export interface HandoffSection<Bytes extends Uint8Array = Uint8Array> {
  /** As its writer names it. A reader decides by the fingerprint alone, so that it reads versions that it doesn't know. */
  readonly ocsfVersion: string;
  /** Of the columns of the stream: lower-case letters and digits. */
  readonly schemaFingerprint: string;
  readonly bytes: Bytes;
}

/** The value and headers of a hand-off message, as they are produced. */
export interface HandoffMessage {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One hand-off message of these sections, of which there is at least one and no version twice. The value is one stream
 * after the other; where there are several, the header `sections` says `<version>:<fingerprint>:<bytes>` of each, with
 * commas between them.
 */
export function handoffMessageOf(sections: readonly HandoffSection<Buffer>[]): HandoffMessage {
  const [first, ...others] = sections;
  if (first === undefined) throw new RangeError('a hand-off message has at least one section');
  const { ocsfVersion, schemaFingerprint, bytes } = first;
  if (others.length === 0) {
    const headers = {
      [handoffHeaders.ocsfVersion]: ocsfVersion,
      [handoffHeaders.schemaFingerprint]: schemaFingerprint,
    };
    return { value: bytes, headers };
  }
  const names = sections.map((one) => `${one.ocsfVersion}:${one.schemaFingerprint}:${one.bytes.length}`);
  return {
    value: Buffer.concat(sections.map((one) => one.bytes)),
    headers: { [handoffHeaders.sections]: names.join(',') },
  };
}

/**
 * The sections of a hand-off message, as views of its value. Throws an Error when the headers don't say what they are, or
 * say it of another value: no byte of a value is ever left unread.
 */
export function handoffSectionsOf(
  headers: Readonly<Record<string, Buffer | string | undefined>>,
  value: Uint8Array,
): HandoffSection[] {
  const listed = headers[handoffHeaders.sections]?.toString();
  const fingerprint = headers[handoffHeaders.schemaFingerprint]?.toString();
  if ((listed === undefined) === (fingerprint === undefined)) throw new Error('no headers of a hand-off message');
  if (listed === undefined) {
    const ocsfVersion = headers[handoffHeaders.ocsfVersion]?.toString() ?? '';
    return [{ ocsfVersion, schemaFingerprint: fingerprint!, bytes: value }];
  }
  const sections: HandoffSection[] = [];
  let from = 0;
  for (const text of listed.split(',')) {
    const [, ocsfVersion, schemaFingerprint, length] = /^([0-9.]+):([0-9a-z]+):([1-9][0-9]{0,8})$/.exec(text) ?? [];
    if (length === undefined) throw new Error(`section ${sections.length + 1} of the headers is none`);
    const bytes = value.subarray(from, from + Number(length));
    sections.push({ ocsfVersion: ocsfVersion!, schemaFingerprint: schemaFingerprint!, bytes });
    from += Number(length);
  }
  if (from !== value.length) throw new Error(`sections of ${from} bytes in a value of ${value.length}`);
  if (new Set(sections.map(({ ocsfVersion }) => ocsfVersion)).size !== sections.length)
    throw new Error('two sections of one version');
  return sections;
}
