"""Action prompts: CLIP's tokenizer and text transformer, both from open_clip."""
