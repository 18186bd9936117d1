"""Opens pages: pictures, documents of many pages, folders, archives and standard input."""
