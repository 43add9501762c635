import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Boundaries between packages and files are dependency-cruiser's (tools/check/src/boundaries.ts); formatting is Prettier's.
export default defineConfig(
  { ignores: ['**/dist/', '**/node_modules/', '.nx/', '**/fixtures/', '**/golden/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.mts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.specs.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      // A class that injection or validation needs at run time must not become a type import.
      '@typescript-eslint/consistent-type-imports': 'off',
      // A handler or adapter keeps the promise that its contract asks for, also when it has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-globals': [
        'error',
        {
          name: 'process',
          message:
            'Import nothing from the process: configuration is passed in. Only libs/runtime and entry points read it.',
        },
      ],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: [
      'libs/runtime/**/*.ts',
      'libs/testing/**/*.ts',

      'tools/**/*.ts',
      'apps/e2e/**/*.ts',
      '**/*.spec.ts',
      '**/src/fixture/**/*.ts',
      '**/main.ts',
      '**/*.mts',
    ],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    // What a spec receives is judged by its expectations.
    files: ['**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        fetch: 'readonly',
      },
    },
  },
  {
    files: ['**/*.mts'],
    extends: [tseslint.configs.disableTypeChecked],
  },
);
