// The console's start.
import '../lib/base.css';
import { mount } from 'svelte';
import { desk } from '../lib/desk.svelte.js';
import App from './App.svelte';

desk.start();
mount(App, { target: document.getElementById('app') });
