import { Email, Flag, Id, Integer, Nested, NestedList, OneOf, Optional, Sealed, Text, Time } from '@slipway/contracts';

import { Pagination } from './query.js';

export class Register {
  @Text({ min: 3, max: 50 }) username: string;
  @Email() email: string;
  @Text({ max: 256 }) password: string;
  @Text() confirm_password: string;
}

export class Login {
  @Email() email: string;
  @Text({ min: 1, max: 256 }) password: string;
}

export class Refresh {
  @Text() refresh_token: string;
  @Flag() @Optional() rotate?: boolean | null;
}

export class ForgotPassword {
  @Email() email: string;
}

export class ResetPassword {
  @Text({ max: 1024 }) token: string;
  @Text({ min: 8, max: 256 }) new_password: string;
  @Text() @Optional() confirm_password?: string | null;
  @Flag() @Optional() revoke_api_keys?: boolean | null;
}

export class ChangePassword {
  @Text({ min: 1, max: 256 }) current_password: string;
  @Text({ min: 8, max: 256 }) new_password: string;
  @Text() confirm_new_password: string;
}

export class UserOfSession {
  @Id() id: string;
  @Text() username: string;
  @Text() email: string;
}

export class Session {
  @Text() @Sealed() access_token: string;
  @Text() @Sealed() refresh_token: string;
  @Time() expires_at: string;
  @Nested(() => UserOfSession) user: UserOfSession;
}

export class Registered {
  @Text() @Sealed() access_token: string;
  @Text() @Sealed() refresh_token: string;
  @Time() expires_at: string;
  @Nested(() => UserOfSession) user: UserOfSession;
  @Id() id: string;
  @Text() username: string;
  @Text() email: string;
  @Time() created_at: string;
  @OneOf(['active']) status: 'active';
}

export class Refreshed {
  @Text() @Sealed() access_token: string;
  @Time() expires_at: string;
  @Text() @Sealed() refresh_token: string;
}

export class Message {
  @Text() message: string;
}

export class CreateKey {
  @Text({ min: 1, max: 100 }) name: string;
  @Text({ max: 255 }) @Optional() description?: string | null;
  @Time() @Optional() expires_at?: string | null;
  @OneOf(['full', 'read']) @Optional() scope?: 'full' | 'read' | null;
}

export class Key {
  @Id() id: string;
  @Text() name: string;
  @Text() @Optional() description: string | null;
  @Text() key_prefix: string;
  @Text() key_hint: string;
  @OneOf(['full', 'read']) scope: 'full' | 'read';
  @Time() created_at: string;
  @Time() @Optional() expires_at: string | null;
  @Time() @Optional() last_used: string | null;
}

export class CreatedKey {
  @Id() id: string;
  @Text() name: string;
  @Text() @Optional() description: string | null;
  @Text() @Sealed() key: string;
  @Text() @Sealed() api_key: string;
  @Text() key_prefix: string;
  @Text() key_hint: string;
  @OneOf(['full', 'read']) scope: 'full' | 'read';
  @Time() created_at: string;
  @Time() @Optional() expires_at: string | null;
  @Time() @Optional() last_used: string | null;
}

export class KeyList {
  @NestedList(() => Key) api_keys: Key[];
  @Nested(() => Pagination) pagination: Pagination;
}

export class Profile {
  @Id() id: string;
  @Text() username: string;
  @Text() email: string;
  @Time() created_at: string;
  @Time() @Optional() last_login: string | null;
  @Flag() is_active: boolean;
  @Integer() @Optional() deployment_count: number | null;
  @Integer() api_key_count: number;
  @Integer() @Optional() deploymentCount: number | null;
  @Integer() apiKeyCount: number;
}

export class UpdateProfile {
  @Text({ min: 3, max: 50 }) @Optional() username?: string | null;
  @Email() @Optional() email?: string | null;
}

export class UpdatedProfile {
  @Id() id: string;
  @Text() username: string;
  @Text() email: string;
  @Time() updated_at: string;
}
