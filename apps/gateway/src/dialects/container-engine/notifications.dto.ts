import { Flag, Id, Integer, Text } from '@slipway/contracts';

export class SentTestNotification {
  @Flag() success: boolean;
  @Text() message: string;
  @Id() user_id: string;
}

export class NotificationStats {
  @Integer({ min: 0 }) connected_users: number;
  @Integer({ min: 0 }) connections: number;
  @Text() message: string;
}
