import { type FaultCode, faults } from '@tributary/schemas/faults.ts';
import { type Receipt, receiptOutcomes } from '@tributary/schemas/kafka/receipt.ts';
import type { Offset } from '@tributary/stream';
import { joinKey, splitKey } from './object-name.ts';

/** A receipt and its offset on `receipts`. */
export interface ReceiptAt {
  readonly position: Offset;
  readonly receipt: Receipt;
}

/** How many receipts of a registration are kept. */
export const recentReceiptsMax = 100;

const faultCodes = Object.keys(faults) as FaultCode[];
const nothing = -1;

/** The numbers of a receipt, in the order in which a slot holds them. */
const numbersOf = ({ position, receipt }: ReceiptAt): readonly number[] => [
  position,
  receiptOutcomes.indexOf(receipt.outcome),
  receipt.generation,
  receipt.rows,
  receipt.bytes,
  receipt.offsets[0],
  receipt.offsets[1],
  receipt.times[0],
  receipt.times[1],
  receipt.writtenAt,
  receipt.fault === undefined ? nothing : faultCodes.indexOf(receipt.fault),
  receipt.nextTry ?? nothing,
  receipt.alreadyThere === undefined ? nothing : Number(receipt.alreadyThere),
  receipt.handoffPartition,
];
const numberCount = 14;
const shaBytes = 32;
const nameBytes = 16;
const slotBytes = numberCount * 8 + shaBytes + nameBytes;

/** What the keys of neighbouring receipts have in common. */
interface Place {
  readonly bucketName: string | undefined;
  /** The key up to its name; the whole key where its name isn't one of ours. */
  readonly folder: string | undefined;
  readonly isNamed: boolean;
  readonly isHashed: boolean;
}

/**
 * The last 100 receipts of one registration, packed into 160 bytes each: at 10,000 registrations they are 160 MB, where
 * objects would take three times as much, in the collector's way.
 */
export class RecentReceipts {
  #slots = Buffer.alloc(0);
  #places: Place[] = [];
  #count = 0;

  add(entry: ReceiptAt): void {
    if (this.#places.length < recentReceiptsMax && this.#places.length * slotBytes === this.#slots.length) this.#grow();
    const at = this.#count % recentReceiptsMax;
    const start = at * slotBytes;
    const { bucketName, objectKey, sha256 } = entry.receipt;
    const { folder, name } = splitKey(objectKey ?? '') ?? {};
    for (const [index, number] of numbersOf(entry).entries()) this.#slots.writeDoubleLE(number, start + index * 8);
    const hashes = start + numberCount * 8;
    if (sha256 !== undefined) this.#slots.write(sha256, hashes, shaBytes, 'hex');
    if (name !== undefined) this.#slots.write(name, hashes + shaBytes, nameBytes, 'hex');
    const place = {
      bucketName,
      folder: folder ?? objectKey,
      isNamed: name !== undefined,
      isHashed: sha256 !== undefined,
    };
    this.#places[at] = this.#known(place);
    this.#count += 1;
  }

  /** At most `limit` of them, newest first, those before position `before` when it is given. */
  list(of: Pick<Receipt, 'registration' | 'eventClass' | 'handoffTopic'>, limit: number, before: number): ReceiptAt[] {
    const found: ReceiptAt[] = [];
    for (let back = 1; back <= this.#places.length && found.length < limit; back++) {
      const at = (this.#count - back) % recentReceiptsMax;
      if (this.#slots.readDoubleLE(at * slotBytes) < before) found.push(this.#read(at, of));
    }
    return found;
  }

  /** Four slots at first, then as many again, up to the most. */
  #grow(): void {
    const slots = Math.min(Math.max(4, this.#places.length * 2), recentReceiptsMax);
    const larger = Buffer.alloc(slots * slotBytes);
    this.#slots.copy(larger);
    this.#slots = larger;
  }

  /** An equal place that is here already, so that each text is in memory once. */
  #known(place: Place): Place {
    const same = this.#places.find(
      (one) =>
        one.folder === place.folder &&
        one.bucketName === place.bucketName &&
        one.isNamed === place.isNamed &&
        one.isHashed === place.isHashed,
    );
    // A text cut out of a longer one keeps the longer one in memory; through a buffer it is a text of its own.
    return same ?? { ...place, folder: ownText(place.folder), bucketName: ownText(place.bucketName) };
  }

  #read(at: number, of: Pick<Receipt, 'registration' | 'eventClass' | 'handoffTopic'>): ReceiptAt {
    const start = at * slotBytes;
    const number = (index: number) => this.#slots.readDoubleLE(start + index * 8);
    const hex = (from: number, bytes: number) => this.#slots.toString('hex', from, from + bytes);
    const { bucketName, folder, isNamed, isHashed } = this.#places[at]!;
    const hashes = start + numberCount * 8;
    const fault = faultCodes[number(10)];
    const objectKey = isNamed ? joinKey(folder!, hex(hashes + shaBytes, nameBytes)) : folder;
    const receipt: Receipt = {
      ...of,
      outcome: receiptOutcomes[number(1)]!,
      generation: number(2),
      rows: number(3),
      bytes: number(4),
      offsets: [number(5), number(6)],
      times: [number(7), number(8)],
      writtenAt: number(9),
      handoffPartition: number(13),
      ...(bucketName === undefined ? {} : { bucketName }),
      ...(objectKey === undefined ? {} : { objectKey }),
      ...(isHashed ? { sha256: hex(hashes, shaBytes) } : {}),
      ...(fault === undefined ? {} : { fault }),
      ...(number(11) === nothing ? {} : { nextTry: number(11) }),
      ...(number(12) === nothing ? {} : { alreadyThere: number(12) === 1 }),
    };
    return { position: number(0), receipt };
  }
}

function ownText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text).toString();
}
