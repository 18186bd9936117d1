"""A page in the browser that shows what was read, line by line, and takes corrections. Needs Gradio (extra `app`)."""
