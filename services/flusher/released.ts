/** Ends the work on a partition that is not ours any more. Not a fault: the next owner goes on. */
export class Released extends Error {
  constructor() {
    super('the partition was released');
    this.name = 'Released';
  }
}
