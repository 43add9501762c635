export * from './define.js';
export * from './envelope.js';
export * from './fields.js';
export * from './ids.js';
export * from './problem.js';
export * from './rules.js';
export * from './schema.js';
