import { InvalidArgumentError } from 'commander';

/** Reads an option's value as a whole number from `min` to `max`; anything else is refused with what is allowed. */
export const whole = (min: number, max: number) => (text: string) => {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new InvalidArgumentError(`Allowed: a whole number from ${min} to ${max}.`);
};
