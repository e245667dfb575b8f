"""Earlier releases beside the one that is served: their documents as they were, in time order."""
