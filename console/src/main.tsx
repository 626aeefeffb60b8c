import { render } from 'preact';
import { App } from './app/app.js';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import './styles/ui.css';

render(<App />, document.getElementById('app')!);
