import { Exchange, type InstrumentConfig, VenueError } from '@holdfast/venue';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noon, openDesk } from './desk.ts';

const code = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error instanceof VenueError ? error.code : error;
  }
  return undefined;
};

describe('prices', () => {
  test.each([
    ['', 'empty'],
    ['0', 'zero'],
    ['0.00', 'zero with decimals'],
    ['-1', 'negative'],
    ['+1', 'signed'],
    ['01', 'a leading zero'],
    ['.5', 'no whole digits'],
    ['1.', 'no decimals after the point'],
    ['1e2', 'an exponent'],
    ['1,5', 'a comma'],
    [' 1', 'a space'],
    ['1\n', 'a newline'],
    ['0x10', 'hexadecimal'],
    ['١', 'a digit that is not ASCII'],
    ['NaN', 'no number'],
    ['10.005', 'between two ticks'],
    ['10.0000001', 'seven decimals'],
    ['1000000.01', 'above the maximum'],
    ['1000000000000000000000', 'above what a double holds'],
  ])('%j is refused: %s', (price) => {
    expect(code(() => openDesk().buy('alice', 1, price))).toBe('invalid_price');
  });

  test.each([
    ['1', '1.00'],
    ['1.5', '1.50'],
    ['0.01', '0.01'],
    ['10.050000', '10.05'],
    ['1000000', '1000000.00'],
  ])('%s is read exactly and printed as %s', (price, printed) => {
    expect(openDesk().buy('alice', 1, price).price).toBe(printed);
  });

  test('every multiple of the tick comes back as it was sent', () => {
    const exchange = new Exchange({
      clock: () => noon,
      instruments: [{ symbol: 'FX', tickSize: '0.00005', lotSize: 1, maxPrice: '10000' }],
    });
    const ticks = fc.integer({ min: 1, max: 200_000_000 });
    fc.assert(
      fc.property(ticks, (count) => {
        const units = String(count * 5).padStart(6, '0');
        const price = `${units.slice(0, -5)}.${units.slice(-5)}`;
        const order = exchange.place('alice', {
          instrument: 'FX',
          side: 'buy',
          type: 'limit',
          timeInForce: 'IOC',
          quantity: 1,
          price,
        });
        expect(order.price).toBe(price);
      }),
    );
  });
});

describe('quantities', () => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 1_000_001])('%d is refused', (n) => {
    expect(code(() => openDesk().buy('alice', n, '1'))).toBe('invalid_quantity');
  });

  test('a broken lot is refused', () => {
    const { exchange } = openDesk();
    const order = { instrument: 'EURUSD', side: 'buy', type: 'limit', price: '1.08415' } as const;
    expect(code(() => exchange.place('alice', { ...order, quantity: 1500 }))).toBe('invalid_quantity');
    expect(exchange.place('alice', { ...order, quantity: 2000 }).status).toBe('open');
  });
});

describe('configuration that makes no sense is a TypeError', () => {
  const sound: InstrumentConfig = { symbol: 'ACME', tickSize: '0.01', lotSize: 1 };
  test.each<[string, InstrumentConfig[]]>([
    ['a lower-case symbol', [{ ...sound, symbol: 'acme' }]],
    ['a symbol twice', [sound, sound]],
    ['a tick of zero', [{ ...sound, tickSize: '0.00' }]],
    ['a tick that is no decimal', [{ ...sound, tickSize: '1e-2' }]],
    ['half a lot', [{ ...sound, lotSize: 0.5 }]],
    ['a maximum below one lot', [{ ...sound, lotSize: 10, maxQuantity: 5 }]],
    ['a maximum price between two ticks', [{ ...sound, maxPrice: '10.005' }]],
    ['quantities whose sum could be inexact', [{ ...sound, maxQuantity: 2 ** 40 }]],
  ])('%s', (_why, instruments) => {
    expect(() => new Exchange({ clock: () => noon, instruments })).toThrow(TypeError);
  });

  test('a limit of zero', () => {
    expect(() => new Exchange({ clock: () => noon, limits: { maxOpenOrders: 0 } })).toThrow(TypeError);
  });
});
