export { VenueError, type VenueErrorCode } from './errors.ts';
export type { EvidenceLog, OrderEvidence, TokenClaims } from './evidence.ts';
export {
  type Amendment,
  Exchange,
  type ExchangeOptions,
  type OrderPage,
  type OrderQuery,
} from './exchange.ts';
export { type Answer, type IdempotencyOptions, IdempotencyTable } from './idempotency.ts';
export { defaultInstruments, type InstrumentConfig, type InstrumentReport } from './instrument.ts';
export type { Limits } from './limits.ts';
export type { LevelReport, MarketDataReport, TradeReport } from './market.ts';
export type {
  CloseReason,
  ExecutionReport,
  FullOrderReport,
  OrderReport,
  OrderRequest,
  OrderStatus,
  OrderType,
  Side,
  TimeInForce,
} from './order.ts';
export type { PositionReport } from './position.ts';
export type { RefusalBody } from './refusal.ts';
export { type VenueRoutesOptions, venueRoutes } from './routes.ts';
export { strictValidation } from './schemas.ts';
export { createVenue, type VenueOptions } from './venue.ts';
