import { VenueError } from './errors.ts';
import { formatTicks, readPrice, readTick, type Tick } from './price.ts';

export interface InstrumentConfig {
  /** 1 to 16 of A–Z, 0–9, dot, underscore, hyphen. */
  readonly symbol: string;
  /** Decimal string, at most six decimals. */
  readonly tickSize: string;
  readonly lotSize: number;
  /** Largest quantity of one order; default 1,000,000 lots. */
  readonly maxQuantity?: number;
  /** Largest limit price; default one million. */
  readonly maxPrice?: string;
}

export interface Instrument {
  readonly symbol: string;
  readonly tick: Tick;
  readonly lot: number;
  readonly maxQuantity: number;
  /** In ticks. */
  readonly maxPrice: number;
}

/** An instrument as a trader reads it. */
export interface InstrumentReport {
  readonly symbol: string;
  readonly tickSize: string;
  readonly lotSize: number;
  readonly maxQuantity: number;
  readonly maxPrice: string;
}

export const defaultInstruments: readonly InstrumentConfig[] = [
  { symbol: 'ACME', tickSize: '0.01', lotSize: 1 },
  { symbol: 'GLOBEX', tickSize: '0.05', lotSize: 10 },
  { symbol: 'INITECH', tickSize: '0.25', lotSize: 100, maxPrice: '10000' },
  { symbol: 'EURUSD', tickSize: '0.00001', lotSize: 1000, maxQuantity: 100_000_000, maxPrice: '10' },
];

/** Throws `TypeError` for a configuration that makes no sense. */
export function readInstruments(configs: readonly InstrumentConfig[]): Instrument[] {
  const symbols = new Set(configs.map((config) => config.symbol));
  if (symbols.size !== configs.length) throw new TypeError('two instruments have one symbol');
  return configs.map(readInstrument);
}

/** A limit price → ticks. Throws `invalid_price`. */
export function readLimitPrice(text: string, instrument: Instrument): number {
  const ticks = readPrice(text, instrument.tick);
  if (ticks > instrument.maxPrice) {
    throw new VenueError('invalid_price', { description: "price is above the instrument's maximum" });
  }
  return ticks;
}

/** Throws `invalid_quantity` unless the quantity is a whole number of lots, at least one, within the cap. */
export function readQuantity(quantity: number, instrument: Instrument): number {
  if (!Number.isSafeInteger(quantity) || quantity < 1 || quantity % instrument.lot !== 0) {
    throw new VenueError('invalid_quantity');
  }
  if (quantity > instrument.maxQuantity) {
    throw new VenueError('invalid_quantity', { description: "quantity is above the instrument's maximum" });
  }
  return quantity;
}

export function reportInstrument(instrument: Instrument): InstrumentReport {
  return {
    symbol: instrument.symbol,
    tickSize: formatTicks(1, instrument.tick),
    lotSize: instrument.lot,
    maxQuantity: instrument.maxQuantity,
    maxPrice: formatTicks(instrument.maxPrice, instrument.tick),
  };
}

function readInstrument(config: InstrumentConfig): Instrument {
  const { symbol, lotSize: lot, maxQuantity = lot * 1_000_000, maxPrice = '1000000' } = config;
  if (!/^[A-Z0-9._-]{1,16}$/.test(symbol)) throw new TypeError('symbol is not 1 to 16 of A-Z 0-9 . _ -');
  if (!Number.isSafeInteger(lot) || lot < 1) throw new TypeError(`${symbol}: lotSize is not a positive integer`);
  if (!Number.isSafeInteger(maxQuantity) || maxQuantity < lot) {
    throw new TypeError(`${symbol}: maxQuantity is not an integer of at least one lot`);
  }
  const tick = readTick(config.tickSize);
  return { symbol, tick, lot, maxQuantity, maxPrice: readMaxPrice(maxPrice, tick, symbol) };
}

function readMaxPrice(text: string, tick: Tick, symbol: string): number {
  try {
    return readPrice(text, tick);
  } catch {
    throw new TypeError(`${symbol}: maxPrice is not a positive multiple of tickSize`);
  }
}
