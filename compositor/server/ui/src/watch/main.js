// The shopper's page's start.
import '@fontsource-variable/inter/index.css';
import './watch.css';
import { mount } from 'svelte';
import Watch from './Watch.svelte';

mount(Watch, { target: document.getElementById('app') });
