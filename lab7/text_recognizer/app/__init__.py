"""A page in the browser that shows readings line by line, and takes corrections. It needs Gradio (extra `app`)."""
