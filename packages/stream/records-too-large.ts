import { Fault } from '@tributary/schemas/faults.ts';

/**
 * Kafka takes these records of one partition in no batch, because of their size: none of them landed. The publisher that
 * threw it is of no use any more, as after every `offsets-unknown`.
 */
export class RecordsTooLarge extends Fault {
  constructor(detail: string, options?: ErrorOptions) {
    super('offsets-unknown', detail, options);
  }
}
