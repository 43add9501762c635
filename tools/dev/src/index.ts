export { services } from './services/service-list.js';
