"""The recogniser as an HTTP service. It needs the extra `service`: FastAPI, uvicorn and python-multipart."""
