"""The recogniser over HTTP. Needs what the extra `service` installs: FastAPI, uvicorn and python-multipart."""
