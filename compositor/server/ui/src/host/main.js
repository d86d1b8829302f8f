// The host's monitor's start.
import '@fontsource-variable/inter/index.css';
import { mount } from 'svelte';
import Host from './Host.svelte';

mount(Host, { target: document.getElementById('app') });
